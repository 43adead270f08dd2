"""Reading, writing and editing of YAML: text, trees and typed values."""
