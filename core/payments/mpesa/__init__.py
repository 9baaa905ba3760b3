"""M-Pesa by Safaricom's Daraja. Its words (CheckoutRequestID, STK) stop at this folder."""
