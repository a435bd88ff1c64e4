"""What is kept: tables, column types, engine, migrations."""
