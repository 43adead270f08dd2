#!/bin/sh
# The main job on a copy of the sample workspace: `make demo` runs it with `crm` on the path.
set -eu
workspace=$1
rm -rf "$workspace"

say() { printf '\n== %s\n' "$1"; }
run() { printf '$ crm %s\n' "$*"; crm "$@"; }

say "A workspace: plain files, made from the sample"
run init --demo "$workspace"
CRM_WORKSPACE=$workspace
export CRM_WORKSPACE

say "The pipeline"
run board
run report pipeline

say "What is to be done"
run due --days 2 --fields due,state,type_label,summary,contact_name,assignee

say "A lead is qualified and moved; the stage sets its probability, its rules plan the call and write the mail"
run qualify kkvsm4kq --priority 2
run set kkvsm4kq revenue='8 000 €'
run move kkvsm4kq --to contacted

say "A real mail becomes a lead; the same mail again changes nothing"
mail=$workspace/pipeline_data/examples/demande-poele.eml
printf '$ crm ingest < %s\n' "$mail"
crm ingest < "$mail"
crm ingest < "$mail"

say "A mail to a customer, as it would leave"
run email preview xgcej9p8 --template relance-devis

say "Why a deal stands where it does"
run why kkvsm4kq

say "All of it is in plain files"
printf '$ ls %s/pipeline_data\n' "$workspace"
ls "$workspace/pipeline_data"
printf '\nGo on with: CRM_USER=marie CRM_WORKSPACE=%s .venv/bin/crm --help\n' "$workspace"
