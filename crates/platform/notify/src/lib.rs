//! argos-notify
