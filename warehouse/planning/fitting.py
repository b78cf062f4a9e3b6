"""fit"""
def fit_factors(database, warehouse_id, now):
    """fit"""
