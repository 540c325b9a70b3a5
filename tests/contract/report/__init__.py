"""What came of one or several runs, for people and for CI: a page, a summary in Markdown, JUnit."""
