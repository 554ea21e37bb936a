"""Where findings go. A sink takes each ``Audit``; none of them ever feeds back into the traffic."""
