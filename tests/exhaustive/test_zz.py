import random, collections
from tests.harness.clones import *
from tests.harness.clones import WORK
def test_count(crm):
    base=crm.records()
    c=collections.Counter(); 
    for w in WORK:
        e=clone(crm,"w"+str(WORK.index(w)),"paul","2026-11-24T09:30")
        r=e.run(*w.format("xgcej9p8",3,"pat31e4a").split()); print(r.code,w,r.err[:150])
    for i,w in enumerate(WORK):
        for j,v in enumerate(WORK[i:]):
            a=clone(crm,f"a{i}-{j}","marie","2026-11-24T09:30"); b=clone(crm,f"b{i}-{j}","paul","2026-11-24T09:45")
            a.run(*w.format("xgcej9p8",3,"pat31e4a").split(),CRM_NOW="2026-11-24T09:30"); b.run(*v.format("xgcej9p8",4,"pat31e4a").split(),CRM_NOW="2026-11-24T09:45")
            m=merge_files(base,a.records(),b.records())
            if m.conflicts: print(w,"|",v,[*m.conflicts.values()])
