"""Files as people write them, each difficult to edit in its own way; comments are numbered."""

BETWEEN_ITEMS = """\
tags:
  # c1
  - a # c2

  # c3
  - b
    # c4
# c5
  - c # c6
# c7
stage: new # c8
# c9
"""
UNINDENTED = """\
title: x
tags:
- a
- b # c1
history:
- at: 1
  event: created   # c2
- at: 2

  event: note
  # c3
- at: 3
stage: new
"""
FLOW_ON_LINES = """\
f: {a: 1, # c1
    b: [x,
        y], # c2
    c: {}
   } # c3
l: [
  p, # c4
  q # c5
  ,
  r, # c6
]
e: []
m: {
}
g: {a, b: , 'c', "d":1}
z: x
"""
BLOCKS_OF_TEXT = """\
a: |+
  x
  y

# c1
b: |-
  x

  # text
 # c2
c: >2
    indented
  folded
  more
# c3

d: |2-  # c4
   one
  two
e: >-
  x
  y # text
f: |1
  x


# c5
g: "multi
  line" # c6
h: 'multi

  line' # c7
i: plain
  on two # c8
j: |
  z
"""
COMMENTS_BELOW_TEXT = """\
a: |
  x
# c1
  # c2
b: >
  y

    # text

# c3
c:
  - |
    z
  # c4
  - >-
    w
# c5
d: |- # c6
  v
"""
NOTHING = """\
a:
b: # c1
c:   # c2
  # c3
d: ~ # c4
e:
-
- # c5
-
  # c6
- x
f:
  g:
  h:
i: null
"""
ANCHORS = """\
base: &b {x: 1, z: 2}
use: *b
list:
- &i item
- *i
- free # c1
other:
  k: v # c2
text: &t |
  a
  b
again: *t
m: &m
  p: q
n: *m
stage: new # c3
"""
KEYS = """\
"a b": x # c1
'c': "z"
? d
: z
"e\\n": {'f': g, "h":i, j}
k : spaced # c2
"""
ACTIVITIES = """\
id: k7 # c1
stage: new     # c2
activities:
    # c3
    -   id: a1 # c4
        type: call
        # c5
        due: 2026-11-26
    # c6
    -
        id: a2
        type: mail # c7

    # c8
    - {id: a3, type: todo} # c9
history:
    - at: 2026-11-23T09:12:00Z   # c10
      event: created
      to: new
# c11
"""
LISTS_IN_LISTS = """\
a:
- - x # c1
  - v
-
  - z
  # c2
-   -   w
    -   u # c3
- []
- [s, [t]]
"""
SPACES_AT_THE_END = "a: x   \nb:   \n  - z   \n  -   \nc: {  }  \nd: [ ]   # c1\n\n   \ne: z\n"
DEEP = """\
a:
   b:
      c:
       - d: e # c1
         # c2
         f:
         - g # c3
       # c4
      # c5
   # c6
# c7
h: i
"""
TAGS = """\
a: !!str 12 # c1
b: !!map
  c: d # c2
e: !!seq
- f
g: !!map {h: i}
j: !!str
k: !!seq []
l: !!str |
  x
"""
BELOW_THE_KEY = """\
a:
  x # c1
b:

  "z" # c2
c: # c3
  # c4
  |
  z
d:
  [p, # c5
   q]
e:
  {r: s}
f:
-
  t # c6
"""
INDENTED = "  # c1\n  a: x\n  b:\n  - z # c2\n  c:\n    d: e\n"
ONE_FLOW_MAPPING = "# c1\n{a: 1, b: [x, z], # c2\n c: {d: e}} # c3\n"
ONE_KEY = "a: x # c1\n"
ESCAPES = "a: \"x\\\n  z\" # c1\nb: 'it''s' # c2\nc: \"tab\\t\" # c3\nd: a#b # c4\n"

PLAIN_FILES = [
    *(BETWEEN_ITEMS, UNINDENTED, FLOW_ON_LINES, BLOCKS_OF_TEXT, COMMENTS_BELOW_TEXT, NOTHING, ANCHORS),
    *(KEYS, ACTIVITIES, LISTS_IN_LISTS, SPACES_AT_THE_END, DEEP, TAGS, BELOW_THE_KEY, INDENTED),
    *(ONE_FLOW_MAPPING, ONE_KEY, ESCAPES),
]


def variants(source: str) -> list[str]:
    """The same file from another editor, or between marks of a document."""
    return [
        source,
        source.replace("\n", "\r\n"),
        source.removesuffix("\n"),
        "\ufeff" + source,
        f"# c901\n---\n{source}",
        f"--- # c902\n{source}...\n# c903\n",
        f"{source}\n# c904\n\n",
    ]


FILES = [variant for source in PLAIN_FILES for variant in variants(source)]
