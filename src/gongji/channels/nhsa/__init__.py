"""The national interface (定点医药机构接口规范): envelopes, field tables, answers, addresses, signatures."""
