//! argos-net
