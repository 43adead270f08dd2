"""One record as forty hands write it: every order, quoting, indentation and line end that YAML allows.

`ID` stands for the record's id. All say the same: in stage `new`, one star, 8,000, most with tags and an
owner, and a history with one entry.
"""

HISTORY = """\
history:
  - at: 2026-11-20T08:00:00Z
    event: created
    to: new
    visit: 1
    by: marie
"""
CANONICAL = f"""\
schema: 1
id: ID
kind: opportunity
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
  - pag
  - rika
owner: marie
created: 2026-11-20T08:00:00Z
{HISTORY}"""

STYLES = {
    "history first, id last": f"""\
{HISTORY}created: 2026-11-20T08:00:00Z
owner: marie
tags:
  - pag
  - rika
expected_revenue: 8000.00
priority: 1
stage: new
title: Poêle
id: ID
""",
    "alphabetical": """\
created: 2026-11-20T08:00:00Z
expected_revenue: 8000.00
history:
  - at: 2026-11-20T08:00:00Z
    by: marie
    event: created
    to: new
    visit: 1
id: ID
kind: opportunity
owner: marie
priority: 1
schema: 1
stage: new
tags:
  - pag
  - rika
title: Poêle
""",
    "empty lists and nulls spelled out": f"""\
schema: 1
id: ID
title: Poêle
contact: null
stage: new
priority: 1
expected_revenue: 8000.00
tags: []
owner: null
created: 2026-11-20T08:00:00Z
activities: []
messages: []
{HISTORY}""",
    "tildes": f"""\
id: ID
title: Poêle
stage: new
priority: ~
expected_revenue: ~
tags: ~
owner: ~
description: ~
{HISTORY}""",
    "keys without values": f"""\
id: ID
title: Poêle
contact:
stage: new
priority:
expected_revenue:
tags:
owner:
{HISTORY}""",
    "defaults spelled out": f"""\
schema: 1
id: ID
kind: opportunity
title: Poêle
stage: new
priority: 0
expected_revenue: 0.00
tags: []
fields: {{}}
owner: marie
{HISTORY}""",
    "no more than a title": "id: ID\ntitle: Poêle\n",
    "amounts as people write them": f"""\
schema: 1
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000
recurring_revenue: '12.5'
tags:
  - pag
owner: marie
{HISTORY}""",
    "flow lists": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags: [pag, rika]
owner: marie
history: [{at: 2026-11-20T08:00:00Z, event: created, to: new, visit: 1, by: marie}]
""",
    "flow lists with blanks": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags: [ pag,  rika ]
owner: marie
history: [ { at: 2026-11-20T08:00:00Z, event: created, to: new } ]
""",
    "flow lists over lines": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags: [
  pag,  # the kind
  rika,
]
owner: marie
history: [
  {at: 2026-11-20T08:00:00Z, event: created,
   to: new, visit: 1},
]
""",
    "everything in flow": """\
{id: ID, title: Poêle, stage: new, priority: 1, expected_revenue: 8000.00, tags: [pag], owner: marie,
 history: [{at: 2026-11-20T08:00:00Z, event: created, to: new}]}
""",
    "JSON": """\
{
  "id": "ID",
  "title": "Poêle",
  "stage": "new",
  "priority": 1,
  "expected_revenue": 8000.00,
  "tags": ["pag", "rika"],
  "owner": "marie",
  "history": [
    {"at": "2026-11-20T08:00:00Z", "event": "created", "to": "new"}
  ]
}
""",
    "comments everywhere": """\
# top
id: ID # the id
# above title
title: Poêle # the title
stage: new # where it stands
priority: 1 # one star
expected_revenue: 8000.00 # to be checked
# above tags
tags: # behind tags
  # above pag
  - pag # behind pag
  # above rika
  - rika # behind rika
  # below rika
# above owner
owner: marie # behind owner
history: # behind history
  # above the first
  - at: 2026-11-20T08:00:00Z # when
    # in the first
    event: created # what
    to: new
  # below the first
# bottom
""",
    "commented out": f"""\
id: ID
title: Poêle
stage: new
priority: 1
# budget: 5000
expected_revenue: 8000.00
#tags:
#  - old
tags:
  - pag
#  - was
  - rika
owner: marie
{HISTORY}#  - at: 2026-11-21T08:00:00Z
#    event: note
""",
    "blank lines": """\

id: ID

title: Poêle


stage: new

priority: 1
expected_revenue: 8000.00

tags:

  - pag

  - rika

owner: marie

history:

  - at: 2026-11-20T08:00:00Z

    event: created

    to: new


""",
    "sections": f"""\
# --- Who -------------------------------------

id: ID
title: Poêle
owner: marie

# --- How much --------------------------------

priority: 1
expected_revenue: 8000.00

# --- Where -----------------------------------

stage: new
tags:
  - pag
  - rika

# --- What happened ---------------------------

{HISTORY}""",
    "four spaces": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
    - pag
    - rika
owner: marie
history:
    - at: 2026-11-20T08:00:00Z
      event: created
      to: new
""",
    "four spaces, dashes set off": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
    -   pag
    -   rika
owner: marie
history:
    -   at: 2026-11-20T08:00:00Z
        event: created
        to: new
""",
    "no indentation of lists": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
- pag
- rika
owner: marie
history:
- at: 2026-11-20T08:00:00Z
  event: created
  to: new
""",
    "dashes on lines of their own": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
  - pag
owner: marie
history:
  -
    at: 2026-11-20T08:00:00Z
    event: created
    to: new
""",
    "one space": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
 - pag
 - rika
owner: marie
history:
 - at: 2026-11-20T08:00:00Z
   event: created
   to: new
""",
    "all indented": """\
  id: ID
  title: Poêle
  stage: new
  priority: 1
  expected_revenue: 8000.00
  tags:
    - pag
  owner: marie
  history:
    - at: 2026-11-20T08:00:00Z
      event: created
      to: new
""",
    "tabs after values": """\
id:\tID
title:\tPoêle\t# tab
stage: new\t
priority:\t1\t
expected_revenue: 8000.00\t# to be checked
tags:\t# tab
  - pag\t
  - rika\t# tab
owner: marie\t
history:
  - at: 2026-11-20T08:00:00Z\t
    event: created\t# tab
    to: new
""",
    "spaces at the ends of lines": """\
id: ID  \n\
title: Poêle \n\
stage: new   \n\
priority: 1 \n\
expected_revenue: 8000.00  \n\
tags:  \n\
  - pag  \n\
  - rika \n\
owner: marie \n\
history:   \n\
  - at: 2026-11-20T08:00:00Z  \n\
    event: created \n\
    to: new \n\
""",
    "Windows line ends": CANONICAL.replace("schema: 1\n", "").replace("\n", "\r\n"),
    "old Macintosh line ends": CANONICAL.replace("schema: 1\n", "").replace("\n", "\r"),
    "no final newline": CANONICAL.replace("schema: 1\n", "").rstrip("\n"),
    "canonical but for the final newline": CANONICAL.rstrip("\n"),
    "canonical but for a blank line at the end": CANONICAL + "\n",
    "canonical with a comment": CANONICAL.replace("owner: marie\n", "owner: marie # since May\n"),
    "byte order mark": "\ufeff" + CANONICAL,
    "byte order mark and Windows line ends": "\ufeff" + CANONICAL.replace("\n", "\r\n"),
    "quoted keys": """\
"id": ID
'title': Poêle
"stage": new
'priority': 1
"expected_revenue": 8000.00
"tags":
  - pag
'owner': marie
"history":
  - "at": 2026-11-20T08:00:00Z
    'event': created
    "to": new
""",
    "single quotes": """\
id: 'ID'
title: 'Poêle ''tout compris'''
stage: 'new'
priority: '1'
expected_revenue: '8000.00'
tags: ['pag', 'rika']
owner: 'marie'
history:
  - at: '2026-11-20T08:00:00Z'
    event: 'created'
    to: 'new'
""",
    "double quotes": """\
id: "ID"
title: "Po\\u00eale \\"tout compris\\""
stage: "new"
priority: "1"
expected_revenue: "8000.00"
tags:
  - "pag"
  - "rika"
owner: "marie"
history:
  - at: "2026-11-20T08:00:00Z"
    event: "created"
    to: "new"
""",
    "folded block": f"""\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
  - pag
owner: marie
description: >-
  Un poêle à granulés
  pour une maison
  de 120 m².

  Pose en mai.
{HISTORY}""",
    "literal block last": """\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
  - pag
owner: marie
description: |
  Un poêle à granulés

  Pose en mai.

""",
    "kept blank lines": f"""\
id: ID
title: Poêle
stage: new
description: |+
  Un poêle

priority: 1
expected_revenue: 8000.00
tags:
  - pag
owner: marie
{HISTORY}""",
    "text over lines": f"""\
id: ID
title: Poêle
  à granulés
stage: new
description: "Un poêle
  à granulés

  pour 120 m²"
priority: 1
expected_revenue: 8000.00
tags:
  - pag
owner: marie
{HISTORY}""",
    "aligned columns": """\
id:               ID
title:            Poêle            # short
stage:            new              # the first
priority:         1                # of 3
expected_revenue: 8000.00          # euros
tags:             [pag, rika]      # sorted
owner:            marie            # who
history:
  - at:    2026-11-20T08:00:00Z
    event: created
    to:    new
""",
    "anchors far from the change": f"""\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
  - pag
owner: marie
fields:
  place: &place Pontivy
  again: *place
{HISTORY}""",
    "unknown keys": f"""\
couleur: noir
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags:
  - pag
x-dimensions: {{hauteur: 110, largeur: 55}}
owner: marie
{HISTORY}zzz:
  - {{a: 1}}
""",
    "document start and end": f"---\nid: ID\ntitle: Poêle\nstage: new\npriority: 1\nexpected_revenue: 8000.00\ntags:\n  - pag\nowner: marie\n{HISTORY}...\n",
    "document start with a comment": f"# mine\n--- # start\nid: ID\ntitle: Poêle\nstage: new\npriority: 1\nexpected_revenue: 8000.00\nowner: marie\n{HISTORY}",
    "other letters": f"""\
id: ID
title: "\U0001f525 Poêle — 炉"  # ❤
stage: new # ё
priority: 1
expected_revenue: 8000.00
tags:
  - été
  - 炉
owner: marie
{HISTORY}""",
    "long lines": f"""\
id: ID
title: {"Poêle à granulés " * 20}fin
stage: new
priority: 1
expected_revenue: 8000.00  # {"see the offer " * 20}
tags: [pag, {", ".join(f"tag-{number:02}" for number in range(30))}]
owner: marie
description: '{"Un poêle. " * 60}'
{HISTORY}""",
    "tags and types": f"""\
id: !!str ID
title: !!str Poêle
stage: new
priority: !!int 1
expected_revenue: !!float 8000.00
tags: !!seq
  - !!str pag
owner: marie
{HISTORY}""",
    "keys with a blank before the colon": f"""\
id : ID
title : Poêle
stage : new
priority : 1
expected_revenue : 8000.00
tags :
  - pag
owner : marie
{HISTORY.replace("history:", "history :")}""",
    "a list for a lone tag": f"""\
id: ID
title: Poêle
stage: new
priority: 1
expected_revenue: 8000.00
tags: pag
owner: marie
{HISTORY}""",
}  # fmt: skip
