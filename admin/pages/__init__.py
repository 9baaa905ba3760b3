"""One file a place of the menu: functions that read within a Work and return what to show."""
