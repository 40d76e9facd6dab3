"""Words out: templates become texts and emails."""
