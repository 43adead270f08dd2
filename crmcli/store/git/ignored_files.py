"""The file by which git ignores what is private to a machine."""

IGNORE_FILE = "pipeline_data/.gitignore"
IGNORED = """\
# private to this machine
.crm/
# input that could not be filed
quarantine/
# for editors, made by crm
schema/
# the exact bytes of received mail; mail.in_git in crm.yaml says whether they belong here
mail/
"""
