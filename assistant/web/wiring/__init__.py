"""What happens on the page: the events of each panel, and what they change."""
