"""Operations of crm, callable without a command line; each is one transaction unless it says otherwise."""
