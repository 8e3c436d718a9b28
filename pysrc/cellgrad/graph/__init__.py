"""What formulas read: names bound to regions, precedents, and the order to evaluate in."""
