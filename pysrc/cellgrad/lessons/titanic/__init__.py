"""Who survived the Titanic: titanic.xlsx, and titanic.xlsm with buttons and sliders."""
