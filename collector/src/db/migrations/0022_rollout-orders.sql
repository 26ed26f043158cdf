CREATE TABLE "rollout_orders" (
	"model_name" text NOT NULL,
	"order_number" bigint NOT NULL,
	"release_id" text NOT NULL,
	"open_ring" integer NOT NULL,
	"state" text NOT NULL,
	"who" text NOT NULL,
	"reason" text NOT NULL,
	"accepted" json NOT NULL,
	"from_seq" bigint NOT NULL,
	"signed" json NOT NULL,
	"chain" json NOT NULL,
	"challenger" json,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "rollout_orders_model_name_order_number_pk" PRIMARY KEY("model_name","order_number")
);
--> statement-breakpoint
CREATE TABLE "rollout_staff" (
	"device_id" text PRIMARY KEY NOT NULL,
	"who" text NOT NULL,
	"at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "rollout_orders_release" ON "rollout_orders" USING btree ("release_id");