"""Values for the templates: entities, result tables and vocabulary terms, ready to be shown."""
