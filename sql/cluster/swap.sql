select pg_terminate_backend(pid) from pg_stat_activity
where datname = 'pm' and pid <> pg_backend_pid();
alter database pm rename to pm_before;
alter database pm_load rename to pm;
