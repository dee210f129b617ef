//! argos-hostinfo
