"""The trade itself, floor by floor: doors and the assembled program import it, it imports none of them."""
