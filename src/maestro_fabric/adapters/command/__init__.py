"""Any program that leaves JUnit XML, TAP or CTRF: its cases, its exit status, and whether the two agree."""
