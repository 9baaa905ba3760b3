"""Africa's Talking over its own wire: USSD sessions played by a phone, SMS both ways."""
