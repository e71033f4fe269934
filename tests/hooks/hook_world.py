"""What the tests of hooks share."""

PATIENT = ("--deadline", "30000")  # for what must be answered, however busy the machine is
