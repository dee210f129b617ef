//! argos-platform
