"""What the tests of the backends share: scripted units, a supervisor in hand, a daemon with units of one's own."""
