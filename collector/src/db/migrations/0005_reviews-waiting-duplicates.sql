CREATE TABLE "duplicate_keys" (
	"entity_id" text NOT NULL,
	"key" text NOT NULL,
	CONSTRAINT "duplicate_keys_entity_id_key_pk" PRIMARY KEY("entity_id","key")
);
--> statement-breakpoint
CREATE TABLE "duplicate_marks" (
	"project_id" text PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"feed_number" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "duplicate_pairs" (
	"low" text NOT NULL,
	"high" text NOT NULL,
	"dataset" text NOT NULL,
	"score" double precision NOT NULL,
	"reasons" json NOT NULL,
	"state" text NOT NULL,
	"found_at_ms" bigint NOT NULL,
	"decided_at_ms" bigint,
	CONSTRAINT "duplicate_pairs_low_high_pk" PRIMARY KEY("low","high")
);
--> statement-breakpoint
CREATE TABLE "duplicate_rules" (
	"dataset" text PRIMARY KEY NOT NULL,
	"rules" json NOT NULL,
	"updated_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "awaited" (
	"instance_id" text NOT NULL,
	"awaits" text NOT NULL,
	"since_ms" bigint NOT NULL,
	"given_up" boolean DEFAULT false NOT NULL,
	CONSTRAINT "awaited_instance_id_awaits_pk" PRIMARY KEY("instance_id","awaits")
);
--> statement-breakpoint
CREATE TABLE "reviews" (
	"instance_id" text PRIMARY KEY NOT NULL,
	"about" text NOT NULL,
	"verdict" text NOT NULL,
	"comments" json NOT NULL,
	"stamp" text NOT NULL,
	"live" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE INDEX "duplicate_keys_key" ON "duplicate_keys" USING btree ("key");--> statement-breakpoint
CREATE INDEX "duplicate_pairs_high" ON "duplicate_pairs" USING btree ("high");--> statement-breakpoint
CREATE INDEX "duplicate_pairs_open" ON "duplicate_pairs" USING btree ("state","score");--> statement-breakpoint
CREATE INDEX "awaited_awaits" ON "awaited" USING btree ("awaits");--> statement-breakpoint
CREATE INDEX "reviews_about" ON "reviews" USING btree ("about");--> statement-breakpoint
CREATE INDEX "submissions_aside" ON "submissions" USING btree ("state","seq") WHERE "submissions"."state" <> 'applied';