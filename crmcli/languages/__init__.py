"""The catalogues of translations: a folder per language, `crm.po` for translators, `crm.mo` for crm."""
