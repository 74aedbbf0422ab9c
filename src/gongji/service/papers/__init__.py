"""Papers: statements as spreadsheets and as pages to print (清算单、对账单)."""
