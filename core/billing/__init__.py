"""What is bought, until when it is paid and what it costs; for vouchers, payments, network and all above."""
