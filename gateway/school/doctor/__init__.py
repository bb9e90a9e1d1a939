"""What an operator must know before something breaks: one question per check, one answer each (`schuilnaam doctor`)."""
