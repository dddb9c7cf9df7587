create database pm owner pm encoding 'UTF8' template template0;
