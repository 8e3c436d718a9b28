"""Lines with a bend, added up: relu.xlsm."""
