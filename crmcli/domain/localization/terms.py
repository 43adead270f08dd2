"""The words of crm's own that tables and pages show as values: states, kinds, events.

Documents hold them in English. A table shows the values of a column with `Style.TERM` through `translate`.
"""

from crmcli.domain.localization.translations import deferred

TERMS = (
    *(deferred("lead"), deferred("opportunity")),  # kinds of records
    *(deferred("person"), deferred("company")),  # kinds of contacts
    *(deferred("open"), deferred("won"), deferred("lost")),  # outcomes of deals
    *(deferred("stage"), deferred("manual")),  # where a probability is from
    *(deferred("overdue"), deferred("today"), deferred("planned")),  # states of activities
    *(deferred("done"), deferred("cancelled")),
    *(deferred("due"), deferred("paid"), deferred("void")),  # states of rewards
    *(deferred("received"), deferred("queued"), deferred("held"), deferred("uncertain")),  # of mails
    *(deferred("failed"), deferred("sent"), deferred("withdrawn"), deferred("unknown")),
    *(deferred("in"), deferred("out")),  # directions of messages
    *(deferred("created"), deferred("hand"), deferred("reopened"), deferred("qualified")),  # events
    *(deferred("note"), deferred("rule"), deferred("set"), deferred("edited"), deferred("merged")),
    *(deferred("name"), deferred("phone"), deferred("e-mail"), deferred("e-mail domain")),  # what is shared
    *(deferred("contact"), deferred("company"), deferred("custom field"), deferred("activity type")),
    *(
        deferred("undone"),
        deferred("redone"),
        deferred("resolved"),
        deferred("referral ended"),
    ),  # the last: why an activity was cancelled
)
