"""What is marked up: web pages, Markdown, EPUB books, XML and drawings."""
