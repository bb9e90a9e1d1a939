"""The schuilnaam command."""
