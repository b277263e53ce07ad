"""What suites of Node frameworks share: finding Node and a package, and the messages when one is missing."""
