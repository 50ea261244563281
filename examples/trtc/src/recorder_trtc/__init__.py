"""Tencent RTC (TRTC) On-Cloud Recording as a provider of recorder_core, and its emulator."""
