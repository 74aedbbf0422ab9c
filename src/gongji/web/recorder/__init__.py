"""Pages of the sandbox for vendors (沙箱工作台)."""
