collect_ignore = ["host"]  # a project of its own, which test_host.py runs
