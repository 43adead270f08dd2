"""YAML as crm reads, writes and edits it: between text, trees and typed values."""
