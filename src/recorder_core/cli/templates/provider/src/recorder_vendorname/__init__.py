"""Records rooms at Vendorname, behind recorder-core."""
