"""One model, two roles: it writes programs and tests, and each role is rewarded by the other (ZeroCoder)."""
