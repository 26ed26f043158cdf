CREATE TABLE "device_orders" (
	"device_id" text NOT NULL,
	"counter" bigint NOT NULL,
	"kind" text NOT NULL,
	"signed" json NOT NULL,
	"issued_at_ms" bigint NOT NULL,
	"told_at_ms" bigint,
	"receipt" json,
	"received_at_ms" bigint,
	CONSTRAINT "device_orders_device_id_counter_pk" PRIMARY KEY("device_id","counter")
);
--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "scope_properties" json DEFAULT '{}'::json NOT NULL;--> statement-breakpoint
ALTER TABLE "devices" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "feed" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "feed" ADD COLUMN "left_scopes" text[];