"""First schema: organisations, imports, conversations, analyses, roll-ups, audit, search terms."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_events_action"), ["action"], unique=False)

    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("version_id", KEY, nullable=True),
        sa.Column("analysis_id", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_table(
        "daily_rollups",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("org_id", KEY, autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("conversations", sa.Integer(), nullable=False),
        sa.Column("severity1", sa.Integer(), nullable=False),
        sa.Column("severity2", sa.Integer(), nullable=False),
        sa.Column("severity3", sa.Integer(), nullable=False),
        sa.Column("unresolved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "org_id", "channel", "product", "role", "kind", "key", name=op.f("pk_daily_rollups")
        ),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["organisations.id"], name=op.f("fk_organisations_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("path", name=op.f("uq_organisations_path")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisations_name"), ["name"], unique=False)

    op.create_table(
        "conversation_versions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("org_id", KEY, nullable=True),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("customer_key", sa.String(length=64), nullable=True),
        sa.Column("product", sa.String(length=200), nullable=True),
        sa.Column("policy_year", sa.Integer(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("turns", sa.Text(), nullable=False),
        sa.Column("redactions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_versions_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_conversation_versions_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_conversation_versions_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_versions")),
        sa.UniqueConstraint(
            "conversation_id", "number", name=op.f("uq_conversation_versions_conversation_id_number")
        ),
    )
    with op.batch_alter_table("conversation_versions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conversation_versions_customer_key"), ["customer_key"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conversation_versions_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversation_versions_import_id"), ["import_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversation_versions_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversation_versions_started_at"), ["started_at"], unique=False)

    op.create_table(
        "analyses",
        sa.Column("id", KEY, nullable=False),
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bundle", sa.String(length=64), nullable=False),
        sa.Column("taxonomy", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("caller_role", sa.String(length=60), nullable=True),
        sa.Column("journey_stage", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.Column("emotion", sa.String(length=60), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_analyses_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["conversation_versions.id"],
            name=op.f("fk_analyses_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyses")),
    )
    with op.batch_alter_table("analyses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analyses_caller_role"), ["caller_role"], unique=False)
        batch_op.create_index(batch_op.f("ix_analyses_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_analyses_version_id"), ["version_id"], unique=False)

    op.create_table(
        "analysis_labels",
        sa.Column("analysis_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_analysis_labels_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "kind", "key", name=op.f("pk_analysis_labels")),
    )
    with op.batch_alter_table("analysis_labels", schema=None) as batch_op:
        batch_op.create_index("ix_analysis_labels_kind_key", ["kind", "key"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE search_terms USING fts5(terms)")
    else:
        op.execute("CREATE TABLE search_terms (version_id bigint PRIMARY KEY, terms tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_search_terms_terms ON search_terms USING gin (terms)")


def downgrade() -> None:
    with op.batch_alter_table("analysis_labels", schema=None) as batch_op:
        batch_op.drop_index("ix_analysis_labels_kind_key")

    op.drop_table("analysis_labels")
    with op.batch_alter_table("analyses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_analyses_version_id"))
        batch_op.drop_index(batch_op.f("ix_analyses_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_analyses_caller_role"))

    op.drop_table("analyses")
    with op.batch_alter_table("conversation_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversation_versions_started_at"))
        batch_op.drop_index(batch_op.f("ix_conversation_versions_org_id"))
        batch_op.drop_index(batch_op.f("ix_conversation_versions_import_id"))
        batch_op.drop_index(batch_op.f("ix_conversation_versions_day"))
        batch_op.drop_index(batch_op.f("ix_conversation_versions_customer_key"))

    op.drop_table("conversation_versions")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisations_name"))

    op.drop_table("organisations")
    op.drop_table("imports")
    op.drop_table("daily_rollups")
    op.drop_table("conversations")
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_events_action"))

    op.drop_table("audit_events")
    op.execute("DROP TABLE search_terms")
