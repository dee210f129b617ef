//! What a folder of exported tests needs besides them, so that it runs as it is.

use super::Target;

const PACKAGE: &str = r#"{
  "private": true,
  "scripts": { "test": "RUN" },
  "devDependencies": { DEPENDENCIES }
}
"#;

const PLAYWRIGHT: &str = "module.exports = {
  testDir: '.',
  use: {
    baseURL: process.env.BASE_URL,
    trace: 'retain-on-failure',
    launchOptions: { executablePath: process.env.CHROMIUM_PATH, args: process.env.CHROMIUM_ARGS?.split(' ') ?? [] },
  },
};
";

const CYPRESS: &str = "module.exports = {
  e2e: { specPattern: '**/*.cy.{js,ts}', supportFile: false },
};
";

const POM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>exported</groupId>
  <artifactId>tests</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>org.seleniumhq.selenium</groupId>
      <artifactId>selenium-java</artifactId>
      <version>[4.20,5)</version>
      <scope>test</scope>
    </dependency>
    <dependency>
      <groupId>org.junit.jupiter</groupId>
      <artifactId>junit-jupiter</artifactId>
      <version>[5.9,6)</version>
      <scope>test</scope>
    </dependency>
  </dependencies>
  <build>
    <testSourceDirectory>.</testSourceDirectory>
    <plugins>
      <plugin>
        <artifactId>maven-surefire-plugin</artifactId>
        <version>3.2.5</version>
      </plugin>
    </plugins>
  </build>
</project>
"#;

/// The files that stand beside the tests of a target, by their names.
pub fn support(target: Target) -> Vec<(&'static str, String)> {
    let dependencies = target.info().dependencies;
    let package = |run: &str| {
        let dependencies: Vec<String> = dependencies
            .iter()
            .map(|name| {
                // A version stands behind the last sign of a name that does not begin with it.
                let (name, version) = name.rsplit_once('@').filter(|(name, _)| !name.is_empty()).unwrap_or((name, "latest"));
                format!("\"{name}\": \"{version}\"")
            })
            .collect();
        ("package.json", PACKAGE.replace("RUN", run).replace("DEPENDENCIES", &dependencies.join(", ")))
    };
    match target {
        Target::PlaywrightTypescript | Target::PlaywrightJavascript => {
            vec![package("playwright test"), ("playwright.config.js", PLAYWRIGHT.to_owned())]
        }
        Target::CypressTypescript | Target::CypressJavascript => vec![package("cypress run"), ("cypress.config.js", CYPRESS.to_owned())],
        Target::PuppeteerTypescript => vec![package("jest --preset ts-jest")],
        Target::PuppeteerJavascript => vec![package("jest")],
        Target::SeleniumJavascript => vec![package("node --test")],
        Target::PlaywrightPython | Target::SeleniumPython => {
            vec![("requirements.txt", dependencies.iter().map(|name| format!("{name}\n")).collect())]
        }
        Target::SeleniumJava => vec![("pom.xml", POM.to_owned())],
    }
}
