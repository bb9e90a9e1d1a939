"""May this field about this person go to this vendor now? Import from the modules."""
