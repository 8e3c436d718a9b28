"""A parabola fitted by hand, then by its gradient: quadratic.xlsm."""
