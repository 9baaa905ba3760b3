"""The USSD door: Africa's Talking's form in, CON or END out. Only the assembled program imports it."""
