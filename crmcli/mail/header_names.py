"""Names of the headers that crm writes into its own messages."""

RECORD, REPORT = "X-Crm-Record", "X-Crm-Report"
OWN = (RECORD, REPORT)  # one that comes back makes no lead
FORM, FORM_REASON = "X-Crm-Form", "X-Crm-Form-Reason"  # of what a web form sent, and why it is kept aside
