"""Papers that several rooms share: purchase order; order → shipment (one warehouse) → tote slot → parcel."""
